// An application that embeds the runtime, with a folder that the sample usb-backup backs up to folders which serve as drives.
// Started with the folder of its data, the folder of the runtime, and the drives.

import '../../../runtime/v8-flags.ts'
import { defineHost } from '../../../runtime/index.ts'
import { createRuntime } from '../../../runtime/runtime.ts'
import { folderSource, readableFolders, SAMPLES } from '../../../runtime/samples/folder-source.ts'
import { serve } from '../../../runtime/serve.ts'
import { ADMIN_TOKEN } from '../plugbay/checkout.ts'

const [folder = '', data = '', ...drives] = process.argv.slice(2)
const source = await folderSource(`${SAMPLES}/usb-backup`)
const runtime = await createRuntime({
  environment: {},
  host: defineHost({ id: 'bench', version: '1.0.0', data: { files: { title: 'Files', folder } } }),
  packageFolders: [...readableFolders(source)],
  config: {
    ...{ data, port: 0, logLevel: 'error', adminToken: ADMIN_TOKEN },
    volumes: { roots: drives, drives: false },
    // One backup after the other is more than a plugin may compute.
    tasks: { cpuMs: 86_400_000, cpuPercent: 10_000 },
  },
})
await runtime.plugins.upload(source, { actor: 'bench', enable: true })
const { port } = await serve(runtime)
console.log(`http://127.0.0.1:${port}`)

process.stdin.once('end', async () => {
  await runtime.close()
  process.exit(0)
})
process.stdin.resume()
