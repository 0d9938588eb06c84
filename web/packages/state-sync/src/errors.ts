/** The root of every error of this package. */
export class SyncError extends Error {
  override readonly name: string = "SyncError";
}

/** A message does not follow the state-sync protocol. */
export class ProtocolError extends SyncError {
  override readonly name = "ProtocolError";
}

/** The snapshot did not arrive in time. */
export class SnapshotTimeout extends SyncError {
  override readonly name = "SnapshotTimeout";
}
