// A real registry of container images on the loopback interface, and buildah with a store of its own.

import { spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { GivenConfig } from '../../runtime/config/config.ts'
import { temporaryFolder, until } from './runtime.ts'
import type { Scope } from './scope.ts'

const PROGRAMS = ['buildah', 'docker-registry']
const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', 'command -v "$0"', name]).status !== 0)

/** Options of tests that need both programs: skipped without them, but not by CI. */
export const needsBuildah =
  missing.length > 0 && process.env.CI !== 'true' ? { skip: `not installed: ${missing.join(', ')}` } : {}

export interface Registry {
  /** "127.0.0.1:port" */
  readonly name: string
  /** Its answer, as JSON. */
  get(path: string): Promise<unknown>
}

/** A registry without TLS, which ends with the test. */
export async function startRegistry(t: Scope): Promise<Registry> {
  const folder = await temporaryFolder(t)
  const name = `127.0.0.1:${await freePort()}`
  const file = join(folder, 'registry.yml')
  await writeFile(
    file,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${folder}/data } }\nhttp: { addr: "${name}" }\n`,
  )
  const child = spawn('docker-registry', ['serve', file], { stdio: 'ignore' })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://${name}/v2/${path}`)
    return await response.json()
  }
  await until('the registry answers', () =>
    get('').then(
      () => true,
      () => false,
    ),
  )
  return { name, get }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Config of buildah that needs no privilege of the machine, and keeps its images in `folder`. */
export function buildahIn(
  folder: string,
  insecureRegistries: readonly string[],
): NonNullable<GivenConfig['images']> {
  return {
    engine: 'buildah',
    args: {
      engine: ['--storage-driver', 'vfs', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
      build: ['--isolation', 'chroot'],
    },
    insecureRegistries,
  }
}

/** What buildah has in its store: names by identity. */
export function imagesOf({ args }: NonNullable<GivenConfig['images']>): readonly {
  readonly id: string
  readonly names: readonly string[] | null
}[] {
  const listed = spawnSync('buildah', [...(args?.engine ?? []), 'images', '--all', '--no-trunc', '--json'], {
    encoding: 'utf8',
  })
  return JSON.parse(listed.stdout) ?? []
}

export function removeImages({ args }: NonNullable<GivenConfig['images']>): void {
  spawnSync('buildah', [...(args?.engine ?? []), 'rmi', '--all', '--force'])
}
