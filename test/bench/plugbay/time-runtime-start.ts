// Started with the folder of a checkout and a data folder: prints how many milliseconds createRuntime() takes.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder = '', data = ''] = process.argv.slice(2)
const module = pathToFileURL(join(folder, 'runtime/index.ts')).href
const { createRuntime } = (await import(module)) as typeof import('../../../runtime/index.ts')

const started = performance.now()
const runtime = await createRuntime({ config: { data, logLevel: 'error' } })
console.log(performance.now() - started)
await runtime.close()
