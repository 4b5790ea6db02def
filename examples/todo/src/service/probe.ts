// Health check of containers: ends 0 when the service on this container's PORT answers GET /health with 2xx.
const address = `http://127.0.0.1:${process.env.PORT}/health`;
try {
  const response = await fetch(address, { signal: AbortSignal.timeout(2_000) });
  console.log(`${response.status} ${await response.text()}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : error;
  console.log(`${address} does not answer: ${reason}`);
  process.exitCode = 1;
}
