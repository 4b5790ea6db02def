/**
 * What the embedded server is told on its command line, so that no file has to be edited. It serves a handful of
 * processes on a small machine: little memory, few processes, but never less than a commit on disk.
 */
export function postgresSettings(socketFolder: string): readonly string[] {
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: "",
    unix_socket_directories: socketFolder,
    unix_socket_permissions: "0700",
    max_connections: 100,
    superuser_reserved_connections: 3,
    shared_buffers: "32MB",
    work_mem: "4MB",
    maintenance_work_mem: "32MB",
    effective_cache_size: "256MB",
    wal_buffers: "1MB",
    temp_buffers: "1MB",
    huge_pages: "off",
    io_method: "sync",
    max_worker_processes: 1,
    max_parallel_workers: 0,
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    autovacuum_max_workers: 1,
    autovacuum_worker_slots: 1,
    max_logical_replication_workers: 0,
    jit: "off",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    wal_level: "minimal",
    max_wal_senders: 0,
    wal_compression: "pglz",
    min_wal_size: "32MB",
    max_wal_size: "256MB",
    checkpoint_timeout: "15min",
    client_connection_check_interval: "10s",
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
    log_line_prefix: "%m [%p] ",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
