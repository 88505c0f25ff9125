// Plugbay with the benchmark's plugin installed. Prints its address; ends with its standard input.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, serve } from '../../../runtime/index.ts'
import { helloPlugin, writeFolder } from '../plugins.ts'

const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
const folder = await writeFolder(helloPlugin())
const runtime = await createRuntime({ config: { data, port: 0, logLevel: 'warn' }, packageFolders: [folder] })
await runtime.plugins.upload({ kind: 'folder', path: folder }, { actor: 'bench' })
const server = await serve(runtime)
console.log(`http://127.0.0.1:${server.port}`)

process.stdin.on('end', async () => {
  await server.close(100)
  await runtime.close()
  await rm(data, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
})
process.stdin.resume()
