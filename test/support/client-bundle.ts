// plugbay/client as one module, as the bundler of an author makes it.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const CLIENT = fileURLToPath(new URL('../../sdk/client/index.ts', import.meta.url))

/** @param script imports "plugbay/client"; by default the client itself */
export async function clientBundle(script = "export * from 'plugbay/client'"): Promise<string> {
  const result = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    alias: { 'plugbay/client': CLIENT },
    bundle: true,
    format: 'esm',
    write: false,
  })
  return result.outputFiles[0]?.text ?? ''
}
