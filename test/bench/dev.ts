// From a saved file to new code that answers, in `plugbay dev`.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startDev } from '../../runtime/dev-server.ts'
import { helloPlugin, writeFolder } from './plugins.ts'
import { median, round } from './statistics.ts'

const SAVES = 20

export async function measureDev() {
  const folder = await writeFolder(helloPlugin())
  const ready = Promise.withResolvers<string>()
  const server = await startDev(folder, {
    port: 0,
    onEvent: (event) => {
      if (event.event === 'ready') ready.resolve(new URL(event.url).port)
      if (event.event === 'problem') ready.reject(new Error(JSON.stringify(event.problems)))
    },
  })
  try {
    const url = `http://127.0.0.1:${await ready.promise}/plugins/hello/api/`
    const times: number[] = []
    for (let save = 0; save < SAVES; save++) times.push(await savedToServed(folder, { url, save }))
    return { 'file saved to new code served, ms (aim <= 60)': round(median(times.slice(2)), 1) }
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function savedToServed(folder: string, { url, save }: { url: string; save: number }): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 400))
  const text = `export default { fetch: () => new Response('save ${save}') }\n`
  const started = performance.now()
  await writeFile(join(folder, 'backend/index.js'), text)
  for (;;) {
    const response = await fetch(url)
    if ((await response.text()) === `save ${save}`) return performance.now() - started
    if (performance.now() - started > 10_000) throw new Error('The save was not served within 10 s')
  }
}
