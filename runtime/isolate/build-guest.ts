// Bundles guest/main.ts and the packages that it uses into one classic script whose value is the function `boot`.
// Runs in the runtime (the sources are our own); the published package carries the result beside this file.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The guest bundle: a prebuilt `guest.bundle.js` when there is one, else built from the sources (about 50 ms). */
export async function guestBundle(): Promise<string> {
  const prebuilt = new URL('./guest.bundle.js', import.meta.url)
  if (existsSync(prebuilt)) return await readFile(prebuilt, 'utf8')
  return await buildGuest()
}

export async function buildGuest(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./guest/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'guest',
    target: 'esnext',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error('The guest bundle is empty')
  return `(function () { ${file.text}\nreturn guest.boot })()\n`
}
