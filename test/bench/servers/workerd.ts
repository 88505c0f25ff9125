// The same worker on workerd, which is installed into test/bench when the benchmark first runs, not by `npm install`.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { answers, freePort } from '../http.ts'
import { WORKER } from '../plugins.ts'
import { type MeasuredServer, spawnBound, stop } from '../processes/server-process.ts'

const HOME = fileURLToPath(new URL('..', import.meta.url))

/** Undefined, with the reason printed, where workerd cannot be installed or does not start. */
export async function startWorkerd(): Promise<MeasuredServer | undefined> {
  try {
    const binary = await install()
    const folder = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
    const port = await freePort()
    await writeFile(join(folder, 'worker.js'), WORKER)
    await writeFile(join(folder, 'config.capnp'), config(port))
    const child = spawnBound(binary, ['serve', join(folder, 'config.capnp')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const url = `http://127.0.0.1:${port}`
    await answers(`${url}/plugins/hello/api/greet/ada`)
    return {
      url,
      pid: child.pid ?? 0,
      async stop() {
        await stop(child, 'SIGKILL')
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    console.error(`workerd is left out: ${String(error)}`)
    return undefined
  }
}

async function install(): Promise<string> {
  const binary = join(HOME, 'node_modules/.bin/workerd')
  const run = promisify(execFile)
  try {
    await run(binary, ['--version'])
  } catch {
    const args = [
      'install',
      '--prefix',
      HOME,
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      'workerd',
    ]
    await run('npm', args)
  }
  return binary
}

function config(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")],
    compatibilityDate = "2026-01-01"
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
`
}
