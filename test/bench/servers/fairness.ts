// Plugbay with two plugins: one that answers at once, one that computes as long as it is told. Prints its address; ends with
// its standard input.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, serve } from '../../../runtime/index.ts'
import { busyPlugin, helloPlugin, writeFolder } from '../plugins.ts'

const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
const folders = [await writeFolder(helloPlugin()), await writeFolder(busyPlugin())]
const runtime = await createRuntime({
  // The quota of a minute would end the measurement, and with it what is measured.
  config: { data, port: 0, logLevel: 'warn', limits: { cpuPercent: 100 } },
  packageFolders: folders,
})
for (const path of folders) await runtime.plugins.upload({ kind: 'folder', path }, { actor: 'bench' })
const server = await serve(runtime)
console.log(`http://127.0.0.1:${server.port}`)

process.stdin.on('end', async () => {
  await server.close(100)
  await runtime.close()
  for (const folder of [data, ...folders]) await rm(folder, { recursive: true, force: true })
})
process.stdin.resume()
