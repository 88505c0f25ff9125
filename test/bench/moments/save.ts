// From a saved file to new code that answers, in `plugbay dev`.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../plugbay/checkout.ts'
import { helloPlugin, writeFolder } from '../plugins.ts'
import { firstMatch, stop } from '../processes/server-process.ts'
import type { Moment } from './moment.ts'

/** Saves of a person lie apart: what one has left to do is done. */
const PAUSE_MS = 400
const PATIENCE_MS = 10_000

export const saveToServed: Moment = {
  figures: [{ name: 'file saved to new code served', unit: 'ms', aim: 40 }],
  repeat: 4,
  async open(checkout) {
    const folder = await writeFolder(helloPlugin())
    const program = runProgram(checkout, ['dev', folder, '--port', '0', '--json'])
    // The name of a plugin's own origin is for browsers: not every resolver knows it.
    const port = await firstMatch(program, /"event":"ready".*http:\/\/[\w.-]+:(\d+)/)
    const url = `http://127.0.0.1:${port}/plugins/hello/api/`
    let save = 0
    return {
      measure: async () => [await savedToServed(folder, { url, save: save++ })],
      async close() {
        await stop(program, 'SIGTERM')
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

async function savedToServed(folder: string, { url, save }: { url: string; save: number }): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  const text = `export default { fetch: () => new Response('save ${save}') }\n`
  const started = performance.now()
  await writeFile(join(folder, 'backend/index.js'), text)
  for (;;) {
    const response = await fetch(url)
    if ((await response.text()) === `save ${save}`) return performance.now() - started
    if (performance.now() - started > PATIENCE_MS) throw new Error('The save was not served within 10 s')
  }
}
