// What the runtime asks of a data process. Plain data, the same type on both sides.

export interface DataCall {
  readonly pluginId: string
  readonly method:
    | ('kv.get' | 'kv.put' | 'kv.increment' | 'kv.delete' | 'kv.list')
    | ('db.query' | 'db.migrations' | 'db.migrate')
  readonly args: readonly unknown[]
  readonly quotaBytes: number
}

/** Ends what a data process holds of a plugin; `remove` deletes its files too. */
export interface DataClose {
  readonly pluginId: string
  readonly method: 'close' | 'remove'
}
