// Answers requests for the script of a service worker, which outlives pages, releases and plugins.
// Invariant: a browser gets a plugin's worker only on an own origin, from the package, with the grant, and behind worker-guard.ts;
// any other request gets a script that removes the worker that is there.

import { type LivePlugin, refusalOf, type ServingPlugin } from '../../contributions/live-plugin.ts'
import type { AssetEntry } from '../../package/artifact.ts'
import type { Answer } from '../exchange/answer.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { Mount } from '../exchange/mount.ts'
import { guardWorker } from './client/worker-guard.ts'
import { errorAnswer } from './error-page.ts'
import { assetName } from './page-path.ts'

/** Browsers say so at registrations and at each look for a newer script (Service Workers, "update"). */
export function isWorkerScript(request: PluginRequest): boolean {
  return headerOf(request, 'service-worker') === 'script'
}

export interface WorkerQuestion {
  readonly found: LivePlugin | undefined
  readonly request: PluginRequest
  readonly mount: Mount
  /** Whether the path is one of the frontend. */
  readonly isPage: boolean
  /** The plugin headers. */
  readonly fixed: readonly string[]
}

export function workerAnswer({ found, request, mount, isPage, fixed }: WorkerQuestion): Answer {
  if (found?.kind === 'serving') {
    const asset = isPage && mount.mode === 'own' ? scriptOf(found, request) : undefined
    if (asset !== undefined && found.grants.serviceWorker === true)
      return script(guarded(asset, request, fixed), fixed)
    if (asset !== undefined) found.reportRefusedWorker()
  } else if (refusalOf(found) !== 'NOT_FOUND') {
    // It may be back in a moment, and its worker is still its own.
    return errorAnswer('PLUGIN_UNAVAILABLE', { request, mount }, fixed)
  }
  return script(REMOVAL, fixed)
}

// A page that registers a new one gets an error. A worker that is there is replaced, and ends with its registration.
const REMOVAL = `// This address has no service worker.
if (!registration.active && !registration.waiting)
  throw new Error('A service worker needs "permissions.serviceWorker" in manifest.json, granted, and a file of the package')
addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(registration.unregister()))
`

function scriptOf({ artifact }: ServingPlugin, { target }: PluginRequest): AssetEntry | undefined {
  const name = assetName(target.split('?', 1)[0] ?? '')
  const asset = name === null ? undefined : artifact.asset(name)
  return asset?.type.startsWith('text/javascript') === true ? asset : undefined
}

/**
 * The guard must run before anything of the plugin, which neither functions that are hoisted nor imports allow within one
 * script. The version in the address makes browsers look for a newer worker; `importScripts` keeps modules out.
 */
function guarded(asset: AssetEntry, { target }: PluginRequest, fixed: readonly string[]): string {
  const [path = ''] = target.split('?', 1)
  const version = asset.variants.own.identity.etag.replaceAll('"', '')
  const address = JSON.stringify(`${path}?${encodeURIComponent(version)}`)
  return `(${guardWorker.toString()})(${JSON.stringify(fixed)})\nimportScripts(${address})\n`
}

function script(text: string, fixed: readonly string[]): Answer {
  const headers = [...fixed, 'content-type', 'text/javascript; charset=utf-8', 'cache-control', 'no-store']
  return { status: 200, headers, body: text }
}
