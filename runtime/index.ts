// plugbay: embed the runtime in a Node server of one's own.

export { type AppOptions, createApp, createUpgradeHandler, type UpgradeHandler } from './app.ts'
export type { Config } from './config/config.ts'
export { type ErrorCode, PlugbayError, type Problem } from './errors.ts'
export type { Installation, PluginState, Plugins } from './lifecycle/plugins.ts'
export type { Principal } from './permissions/principal.ts'
export { type Authenticate, createRuntime, type Runtime, type RuntimeOptions } from './runtime.ts'
export { serve } from './server.ts'
