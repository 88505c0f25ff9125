// The calls to a data process, and the head of each.
// Invariant: arguments cross as the text that the guest wrote; the data process parses them, as hostile input.

export interface DataCallRow {
  /** It may be repeated: the next call may start before its reply has left. */
  readonly isRead: boolean
}

export const DATA_CALLS = {
  'kv.get': { isRead: true },
  'kv.put': { isRead: false },
  'kv.increment': { isRead: false },
  'kv.delete': { isRead: false },
  'kv.list': { isRead: true },
  'db.query': { isRead: false },
  /** The same, for a release that was replaced: refuses statements that write. */
  'db.read': { isRead: true },
  'db.migrations': { isRead: true },
  'db.migrate': { isRead: false },
  'bucket.head': { isRead: true },
  'bucket.list': { isRead: true },
  'bucket.delete': { isRead: false },
  'bucket.createUpload': { isRead: false },
  'bucket.openUpload': { isRead: false },
  'bucket.complete': { isRead: false },
  'bucket.abort': { isRead: false },
  /** Checks a call whose content is about to arrive: how much there is room for. */
  'bucket.room': { isRead: true },
  'bucket.used': { isRead: true },
  /** The content has arrived. */
  'bucket.put': { isRead: false },
  'bucket.putPart': { isRead: false },
  /** Where the content of a file is. */
  'bucket.segments': { isRead: true },
  /** Forgets contents that nothing refers to; the body says which are in use. */
  'bucket.collect': { isRead: false },
  /** Each takes the number of a cursor. */
  'cursor.open': { isRead: true },
  'cursor.next': { isRead: true },
  'cursor.close': { isRead: true },
  /** The first call; its argument is the folder of plugin data. */
  open: { isRead: false },
  /** In tests of plugins: how many milliseconds its clock is ahead of the machine's. */
  clock: { isRead: false },
  /** Closes what the process holds of a plugin. */
  close: { isRead: false },
  /** The same, and deletes the plugin's files. */
  remove: { isRead: false },
} as const satisfies Record<string, DataCallRow>

export type DataCallName = keyof typeof DATA_CALLS

export interface DataCall {
  readonly method: DataCallName
  /** Empty for "open" and "clock". */
  readonly pluginId: string
  /** Bytes that the plugin may store; 0 for calls that store nothing. */
  readonly quotaBytes: number
  /** A list as JSON. */
  readonly args: string
}

export function dataCallHead({ method, pluginId, quotaBytes, args }: DataCall): string {
  return `${method} ${pluginId} ${quotaBytes} ${args}`
}

/** Undefined for a head that dataCallHead() cannot have made. */
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
