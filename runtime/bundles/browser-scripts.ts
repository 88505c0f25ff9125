// Our scripts for browsers: of pages of an application, of the frames of bundles in them, and of pages of plugins in a frame of the shell.
// Each is one file.
// Invariant: a script is read once, at its first use.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type BundleSpec, buildBundle, bundlePath } from './bundle.ts'

const SOURCES = {
  'host-page': { source: 'sdk/host-page/index.ts', format: 'esm' },
  'bundle-frame': { source: 'sdk/host-page/frame/main.ts', format: 'esm' },
  // No module: it runs before every script of the page.
  'page-frame': { source: 'sdk/client/frame/main.ts', format: 'iife' },
} as const

export type BrowserScriptName = keyof typeof SOURCES

export interface BrowserScript {
  readonly code: Uint8Array<ArrayBuffer>
  readonly gzip: Uint8Array<ArrayBuffer>
  readonly etag: string
}

export type BrowserScripts = (name: BrowserScriptName) => BrowserScript

export const BROWSER_BUNDLES: readonly BundleSpec[] = (Object.keys(SOURCES) as BrowserScriptName[]).map(
  specOf,
)

export function createBrowserScripts(): BrowserScripts {
  const known = new Map<BrowserScriptName, BrowserScript>()
  return (name) => {
    const script = known.get(name) ?? read(specOf(name))
    known.set(name, script)
    return script
  }
}

function specOf(name: BrowserScriptName): BundleSpec {
  return {
    name,
    source: SOURCES[name].source,
    extension: '.js',
    options: { format: SOURCES[name].format, platform: 'browser', target: 'es2022', minify: true },
  }
}

function read(spec: BundleSpec): BrowserScript {
  const path = bundlePath(spec)
  const text = path === undefined ? buildBundle(spec).code : readFileSync(path, 'utf8')
  const code = new Uint8Array(Buffer.from(text))
  const etag = `"${createHash('sha256').update(code).digest('base64url').slice(0, 22)}"`
  return { code, gzip: new Uint8Array(gzipSync(code)), etag }
}
