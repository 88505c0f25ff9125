// The program `plugbay`, bundled into one file with its libraries: to resolve and read a thousand modules is half of a start.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BundleSpec, bundlePath } from './bundle.ts'
import { REQUIRE_BANNER } from './children.ts'
import { codeRoot } from './code-root.ts'

const SOURCE = 'runtime/cli/run.ts'
/** Native modules, programs of their own, and what few starts need. */
const PACKAGES = ['better-sqlite3', 'esbuild', 'isolated-vm', 'undici', 'usb', 'vite']

/** In a checkout the bundle lies in the cache folder: the address that its code has of itself is that of a bundle of the published package. */
export function programBundle(place: 'checkout' | 'package'): BundleSpec {
  const url = pathToFileURL(join(codeRoot(), 'runtime/bundles/program.ts')).href
  return {
    name: 'program',
    source: SOURCE,
    extension: '.mjs',
    options: {
      format: 'esm',
      target: 'esnext',
      platform: 'node',
      mainFields: ['module', 'main'],
      external: PACKAGES,
      banner: { js: REQUIRE_BANNER },
      ...(place === 'checkout' && { define: { 'import.meta.url': JSON.stringify(url) } }),
    },
  }
}

/** The bundle; the sources where there is no cache folder. */
export function programUrl(): URL {
  const path = bundlePath(programBundle('checkout'))
  return pathToFileURL(path ?? join(codeRoot(), SOURCE))
}
