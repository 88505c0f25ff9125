// Compiles here what the program in a virtual machine imports: there, each module would take its time.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * Fills the compile cache of Node in a folder, which the program uses when NODE_COMPILE_CACHE names it.
 * @param main is not run: its imports are
 */
export function compileImports(main: string, folder: string): void {
  const imports = [...readFileSync(main, 'utf8').matchAll(/^(?:import|\}).* from '(\.[^']+)'$/gm)].map(
    ([, path = '']) => new URL(path, pathToFileURL(main)).href,
  )
  const script = imports.map((url) => `await import(${JSON.stringify(url)})`).join('\n')
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_COMPILE_CACHE: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
