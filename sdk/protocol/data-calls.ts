// The calls to a data process: everything that the runtime may ask of it, and the head of each.
// Invariant: arguments cross as the text that their author wrote; the data process reads them, as hostile input.

export interface DataCallRow {
  /** It may be repeated: its answer need not leave before the next call is at work. */
  readonly isRead: boolean
}

export const DATA_CALLS = {
  'kv.get': { isRead: true },
  'kv.put': { isRead: false },
  'kv.increment': { isRead: false },
  'kv.delete': { isRead: false },
  'kv.list': { isRead: true },
  'db.query': { isRead: false },
  'db.migrations': { isRead: true },
  'db.migrate': { isRead: false },
  /** Each has the number of a cursor as its argument. */
  'cursor.open': { isRead: true },
  'cursor.next': { isRead: true },
  'cursor.close': { isRead: true },
  /** The first call of all; its argument is the folder of plugin data. */
  open: { isRead: false },
  /** Ends what the process holds of a plugin. */
  close: { isRead: false },
  /** The same, and deletes its files. */
  remove: { isRead: false },
} as const satisfies Record<string, DataCallRow>

export type DataCallName = keyof typeof DATA_CALLS

export interface DataCall {
  readonly method: DataCallName
  /** Empty for "open". */
  readonly pluginId: string
  /** Bytes that the plugin may store; 0 where nothing is stored. */
  readonly quotaBytes: number
  /** A list as JSON. */
  readonly args: string
}

export function dataCallHead({ method, pluginId, quotaBytes, args }: DataCall): string {
  return `${method} ${pluginId} ${quotaBytes} ${args}`
}

/** Undefined for what dataCallHead() would not have made. */
export function splitDataCall(head: string): DataCall | undefined {
  const afterMethod = head.indexOf(' ')
  const afterId = head.indexOf(' ', afterMethod + 1)
  const afterQuota = head.indexOf(' ', afterId + 1)
  const method = head.slice(0, afterMethod)
  if (afterQuota === -1 || !Object.hasOwn(DATA_CALLS, method)) return undefined
  return {
    method: method as DataCallName,
    pluginId: head.slice(afterMethod + 1, afterId),
    quotaBytes: Number(head.slice(afterId + 1, afterQuota)),
    args: head.slice(afterQuota + 1),
  }
}
