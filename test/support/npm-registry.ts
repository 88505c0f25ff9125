// A registry of npm packages on the loopback interface: archives as "npm pack" makes them, and whatever the checkout has installed.
// Invariant: it asks no other registry, so a package that is in neither is missing.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar/fs'
import type { Scope } from './scope.ts'

const MODULES = join(import.meta.dirname, '../../node_modules')

interface Served {
  readonly manifest: { readonly name: string; readonly version: string }
  archive(): Promise<Uint8Array>
}

/** Resolves with its address, for `npm_config_registry`. It ends with the test. */
export async function startNpmRegistry(t: Scope, archives: readonly string[]): Promise<string> {
  const given = new Map<string, Served>()
  for (const file of archives) {
    const served = ofArchive(file)
    given.set(served.manifest.name, served)
  }
  const server = createServer((request, response) => {
    const [name = '', archive] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/')
    const answer = async () => {
      const found = given.get(name) ?? (await installed(name))
      if (found === undefined) send(response, 404, '{"error":"not found"}')
      else if (archive !== undefined) send(response, 200, await found.archive())
      else send(response, 200, JSON.stringify(packument(found, `http://${request.headers.host}`)))
    }
    answer().catch((error: unknown) => send(response, 500, JSON.stringify({ error: String(error) })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function packument({ manifest }: Served, origin: string) {
  const { name, version } = manifest
  const dist = { tarball: `${origin}/${name}/-/${version}.tgz` }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}

function ofArchive(file: string): Served {
  const { stdout } = spawnSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' })
  return { manifest: JSON.parse(stdout), archive: () => readFile(file) }
}

async function installed(name: string): Promise<Served | undefined> {
  const folder = join(MODULES, name)
  if (!existsSync(join(folder, 'package.json'))) return undefined
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return { manifest, archive: () => packed(folder) }
}

async function packed(folder: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const tar = packTar(folder, {
    filter: (path) => !path.slice(folder.length).includes('/node_modules'),
    map: (header) => ({ ...header, name: `package/${header.name}` }),
  })
  for await (const part of tar) parts.push(part)
  return gzipSync(Buffer.concat(parts), { level: 1 })
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status
  response.end(body)
}
