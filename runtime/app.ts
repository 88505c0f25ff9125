// createApp(runtime): the whole runtime as a Hono app, to be mounted under any base path.

import type { Hono } from 'hono'
import type { UpgradeHandler } from './http/sockets/upgrades.ts'
import type { Runtime } from './runtime.ts'

export type { UpgradeHandler } from './http/sockets/upgrades.ts'

export interface AppOptions {
  /** Base path of the app in its host application: "/tools". Routes of the app include it. */
  readonly basePath?: string
}

/** The whole runtime as a Hono app. The caller who created the runtime closes it. */
export function createApp(runtime: Runtime, options: AppOptions = {}): Hono {
  return runtime.http.app(options)
}

/**
 * WebSockets of plugins, for a Node server of your own beside the app: a Hono app sees no upgrades.
 * Give it the same options as createApp(). Its sockets are closed with the runtime.
 * @example
 * const handleUpgrade = createUpgradeHandler(runtime, { basePath: '/tools' })
 * server.on('upgrade', (request, socket, head) => handleUpgrade(request, socket, head)
 * socket.destroy())
 */
export function createUpgradeHandler(runtime: Runtime, options: AppOptions = {}): UpgradeHandler {
  return runtime.http.upgradeHandler(options)
}
