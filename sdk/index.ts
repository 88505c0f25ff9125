// plugbay/sdk: what a plugin backend imports: types, and definePlugin.

export type * from './plugin-api/actions.ts'
export type * from './plugin-api/bucket.ts'
export type { BundleHandler, BundleHandlers, BundleRequest } from './plugin-api/bundles.ts'
export type { Db, DbMeta, DbResult, DbStatement, DbValue } from './plugin-api/db.ts'
export type {} from './plugin-api/digest-stream.ts'
export type { Context, Env, User } from './plugin-api/env.ts'
// All of it: only so can a declaration file of an author add to an interface.
export type * from './plugin-api/events.ts'
export type * from './plugin-api/files.ts'
export type * from './plugin-api/hooks.ts'
export type * from './plugin-api/host.ts'
export type { Kv, KvListKey, KvListResult, KvPutOptions, KvPutResult } from './plugin-api/kv.ts'
export type { MessageValues, Translate, TranslateOptions } from './plugin-api/language.ts'
export type { Log, LogLevel } from './plugin-api/log.ts'
export type * from './plugin-api/manifest-values.ts'
export type * from './plugin-api/patches.ts'
export { definePlugin, type Lifecycle, type Plugin } from './plugin-api/plugin.ts'
export type { Secret, Secrets } from './plugin-api/secrets.ts'
export type * from './plugin-api/settings.ts'
export type * from './plugin-api/tasks.ts'
export type {
  Usb,
  UsbAlternateInterface,
  UsbConfiguration,
  UsbConnectionEvent,
  UsbControlTransferParameters,
  UsbDevice,
  UsbDeviceFilter,
  UsbDeviceRequestOptions,
  UsbEndpoint,
  UsbInTransferResult,
  UsbInterface,
  UsbOutTransferResult,
} from './plugin-api/usb.ts'
export type { Volume, Volumes } from './plugin-api/volumes.ts'
export type {} from './plugin-api/websocket.ts'
