// npm run sample-host: the library on this machine, until Ctrl-C.

import 'plugbay/v8-flags'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startLibrary } from './library.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    data: { type: 'string', default: resolve(import.meta.dirname, '../../data/sample-host') },
  },
})
const library = await startLibrary({ data: resolve(values.data), port: Number(values.port) })
console.log(`The library: ${library.url}/`)
if (library.firstPassword !== undefined)
  console.log(`Password of amina (librarian), tomas (teacher) and yara (pupil): ${library.firstPassword}`)

let isClosing = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // A second one does not wait.
    if (isClosing) process.exit(1)
    isClosing = true
    void library.close()
  })
