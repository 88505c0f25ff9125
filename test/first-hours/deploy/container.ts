// The Dockerfile of docs/deploy.md, built as it stands there on a base of this machine: its Node, npm and busybox in the place of node:26-slim.
// Invariant: nothing is asked of a network but the packages that npm installs.

import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { buildahIn, freePort, removeImages } from '../../support/registry.ts'
import { temporaryFolder, until } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { adapt, example } from './document.ts'

const run = promisify(execFile)

const PROGRAMS = ['buildah', 'busybox', 'bwrap', 'npm']
const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', 'command -v "$0"', name]).status !== 0)

/** Why it cannot be built here; CI has everything. */
export const noContainer =
  missing.length > 0 && process.env.CI !== 'true' ? `not installed: ${missing.join(', ')}` : false

/** In the place of Debian's: what the document installs comes from this machine. */
const APT = `#!/bin/sh
case "$*" in
  update) ;;
  'install -y --no-install-recommends bubblewrap') cp /opt/bwrap /usr/bin/bwrap ;;
  *) echo "apt-get $*: not expected" >&2; exit 1 ;;
esac
`

const USERS = 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n'
const TOOLS = ['sh', 'cat', 'chmod', 'chown', 'cp', 'env', 'id', 'ls', 'mkdir', 'rm']
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

interface ImageConfig {
  readonly User: string
  readonly Cmd: readonly string[]
  readonly Env: readonly string[]
  readonly Volumes: Readonly<Record<string, unknown>>
  readonly Healthcheck?: { readonly Test: readonly string[] }
}

/** Builds the image from this archive of the package, starts it, asks its probe, makes a sign-in link beside it, and stops it. */
export async function checkContainer(t: Scope, archive: string): Promise<void> {
  const folder = await temporaryFolder(t)
  const config = buildahIn(join(folder, 'store'), [])
  t.after(async () => removeImages(config))
  const options = config.args?.engine ?? []
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await run('buildah', [...options, ...args], { maxBuffer: 10_000_000 })).stdout.trim()
  const build = (name: string, from: string) =>
    buildah('bud', '--isolation', 'chroot', '--format', 'docker', '--quiet', '--tag', name, from)

  await build('base', await baseFolder(join(folder, 'base')))
  const context = join(folder, 'context')
  await mkdir(context)
  await cp(archive, join(context, 'plugbay-0.1.0.tgz'))
  await writeFile(
    join(context, 'Dockerfile'),
    adapt(example('Dockerfile'), { 'node:26-slim': 'localhost/base' }),
  )
  await build('plugbay', context)

  const inspected = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/plugbay'))
  const image = inspected.Docker.config as ImageConfig
  assert.deepEqual([image.User, Object.keys(image.Volumes)], ['1000:1000', ['/data']])
  const container = await buildah('from', 'localhost/plugbay')

  // The network is that of this machine: on its loopback, at a free port.
  const port = String(await freePort())
  const environment = [
    'PLUGBAY_HOST=127.0.0.1',
    `PLUGBAY_PORT=${port}`,
    'PLUGBAY_PUBLIC_URL=https://media.example.org',
  ]
  const within = [
    'run',
    '--isolation',
    'chroot',
    ...environment.flatMap((each) => ['--env', each]),
    container,
    '--',
  ]
  const tellsPid = ['sh', '-c', 'echo "pid $$"; exec "$@"', 'sh']
  const server = spawn('buildah', [...options, ...within, ...tellsPid, ...image.Cmd], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(server, 'exit')
  const said: string[] = []
  for (const stream of [server.stdout, server.stderr])
    createInterface({ input: stream }).on('line', (line) => said.push(line))
  const pid = () => Number(/^pid (\d+)$/m.exec(said.join('\n'))?.[1])
  t.after(async () => {
    if (server.exitCode === null) process.kill(pid(), 'SIGKILL')
  })
  await until(
    'the server to run',
    () => {
      assert.equal(server.exitCode, null, said.join('\n'))
      return said.includes('Plugbay runs at https://media.example.org')
    },
    60_000,
  )
  const [kind, ...probe] = image.Healthcheck?.Test ?? []
  assert.equal(kind, 'CMD')
  await buildah(...within, ...probe.map((word) => word.replace(':3000/', `:${port}/`)))
  assert.match(await buildah(...within, 'plugbay', 'link'), /^https:\/\/media\.example\.org\/admin\/#code=/)
  assert.match(await buildah(...within, 'ls', '-ldn', '/data'), /^drwx------ +\d+ 1000 +1000 /)
  assert.match(await buildah(...within, 'bwrap', '--version'), /^bubblewrap /)
  process.kill(pid(), 'SIGTERM')
  assert.deepEqual(await ended, [0, null], said.join('\n'))
}

/** The folder of the base image, with its Dockerfile. */
async function baseFolder(folder: string): Promise<string> {
  const root = join(folder, 'root')
  for (const path of [
    'bin',
    'opt',
    'proc',
    'root',
    'tmp',
    'usr/bin',
    'usr/local/bin',
    dirname(CERTIFICATES).slice(1),
  ])
    await mkdir(join(root, path), { recursive: true })
  const put = async (from: string, to: string) => {
    await mkdir(dirname(join(root, to)), { recursive: true })
    await cp(await realpath(from), join(root, to), { recursive: true })
  }
  const [busybox, bwrap, npm] = await Promise.all(['busybox', 'bwrap', 'npm'].map(whereIs))
  for (const program of [process.execPath, bwrap])
    for (const library of await librariesOf(program ?? '')) await put(library, library)
  await put(process.execPath, 'usr/local/bin/node')
  await put(bwrap ?? '', 'opt/bwrap')
  await put(busybox ?? '', 'bin/busybox')
  for (const tool of TOOLS) await symlink('busybox', join(root, 'bin', tool))
  await symlink('../../bin/env', join(root, 'usr/bin/env'))
  // "npm" is <its package>/bin/npm-cli.js.
  await put(dirname(dirname(await realpath(npm ?? ''))), 'usr/local/lib/node_modules/npm')
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  await writeFile(join(root, 'usr/bin/apt-get'), APT, { mode: 0o755 })
  await writeFile(join(root, 'etc/passwd'), USERS)
  // Of this machine: a network may have an authority of its own.
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env
  if (certificates !== undefined) await put(certificates, CERTIFICATES)
  const trusted = certificates === undefined ? '' : ` NODE_EXTRA_CA_CERTS=${CERTIFICATES}`
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM scratch\nCOPY root /\nRUN chmod 1777 /tmp\nENV PATH=/usr/local/bin:/usr/bin:/bin${trusted}\n`,
  )
  return folder
}

async function whereIs(program: string): Promise<string> {
  return (await run('sh', ['-c', 'command -v "$0"', program])).stdout.trim()
}

/** With the program that loads them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program])
  return stdout.match(/\/\S+/g) ?? []
}
