// plugbay/sdk: what a plugin backend imports: types, and definePlugin.

export type { Db, DbMeta, DbResult, DbStatement, DbValue } from './plugin-api/db.ts'
export type { Context, Env, User } from './plugin-api/env.ts'
export type { Kv, KvListKey, KvListResult, KvPutOptions, KvPutResult } from './plugin-api/kv.ts'
export type { Log, LogLevel } from './plugin-api/log.ts'
export { definePlugin, type Lifecycle, type Plugin } from './plugin-api/plugin.ts'
export type { Secret, Secrets } from './plugin-api/secrets.ts'
export type { Settings } from './plugin-api/settings.ts'
export type { Usb, UsbConnectionEvent, UsbDevice } from './plugin-api/usb.ts'
export type {} from './plugin-api/websocket.ts'
