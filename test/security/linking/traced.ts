// Run by files.test.ts below strace: checks packages one after the other in a real package process, and marks each in the trace.
// Arguments: a folder with one zip per package, and whether to use the jail. Prints the reports as JSON.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { DEFAULT_PACKAGE_LIMITS } from '../../../runtime/config/config.ts'
import { createLog } from '../../../runtime/log.ts'
import { openPackageProcess } from '../../../runtime/package/package-process.ts'
import { NO_JAIL } from '../../../runtime/processes/jail/jail.ts'
import { JAIL } from '../../support/jail.ts'

const [staging = '', place = '', bare = ''] = process.argv.slice(2)
const packages = openPackageProcess({
  staging,
  limits: DEFAULT_PACKAGE_LIMITS,
  jail: place === 'jail' ? JAIL : NO_JAIL,
  log: createLog('silent'),
})
const names = readdirSync(staging).filter((name) => name.endsWith('.zip'))
const check = (name: string) => packages.check({ kind: 'zip', path: join(staging, name) })
// The process starts, and reads all that it ever needs of the machine.
for (const name of names.slice(0, 2)) await check(name)
await new Promise((resolve) => setTimeout(resolve, 1000))
const reports: Record<string, unknown> = {}
for (const name of names) {
  existsSync(`/mark/${name}`)
  reports[name] = await check(name)
}
existsSync('/mark/bare')
// The same esbuild without our walls.
await build({
  stdin: { contents: bare, resolveDir: '/' },
  bundle: true,
  write: false,
  logLevel: 'silent',
}).catch(() => undefined)
existsSync('/mark/end')
await packages.close()
process.stdout.write(JSON.stringify(reports))
process.exit(0)
