// Health check of containers: ends 0 when the service on this container's PORT answers GET /health with 2xx.
const response = await fetch(`http://127.0.0.1:${process.env.PORT}/health`, { signal: AbortSignal.timeout(2_000) });
process.exit(response.ok ? 0 : 1);
