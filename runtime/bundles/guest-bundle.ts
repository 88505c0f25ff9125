// The guest as one classic script whose value is the function `boot`: isolate/guest/main.ts and the packages that it uses.
// The runtime builds it itself, because the sources are trusted.

import { readFileSync } from 'node:fs'
import { type BundleSpec, buildBundle, bundlePath } from './bundle.ts'

export const GUEST_BUNDLE: BundleSpec = {
  name: 'guest',
  source: 'runtime/isolate/guest/main.ts',
  extension: '.js',
  options: {
    format: 'iife',
    globalName: 'guest',
    target: 'esnext',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minifySyntax: true,
  },
}

export function guestBundle(): string {
  const path = bundlePath(GUEST_BUNDLE)
  return scriptOf(path === undefined ? buildBundle(GUEST_BUNDLE).code : readFileSync(path, 'utf8'))
}

function scriptOf(code: string): string {
  return `(function () { ${code}\nreturn guest.boot })()\n`
}
