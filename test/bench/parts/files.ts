// A file of a plugin to visitors, against nginx with the same file: the backend says which, and the bytes go from the disk.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from '../figures/figure.ts'
import { type Column, ratioOf, type Table, tableOf } from '../figures/table.ts'
import { interleave } from '../load/interleave.ts'
import type { LoadFigures } from '../load/load.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { filesPlugin } from '../plugins.ts'
import type { MeasuredServer } from '../processes/server-process.ts'
import { NGINX, startNginx } from '../servers/nginx.ts'
import type { Part, PartOptions } from './part.ts'

const PATH = '/plugins/album/api/'
const SIZES = { '30 kB': 30_000, '3 MB': 3_000_000 } as const
/** Of a file whose cost is that of its bytes. A small one costs what a call of a plugin costs. */
const AIM_OF = '3 MB'
/** As many as a browser has to one server. */
const CONNECTIONS = 6
const AIM = 0.7

/** A benchmark asks without a pause. */
const CONFIG = { 'limits.cpuPercent': 10_000 }

const COLUMNS: readonly Column<LoadFigures>[] = [
  { title: 'requests/s', of: ({ requestsPerSecond }) => requestsPerSecond, digits: 0 },
  { title: 'p50 ms', of: ({ p50Ms }) => p50Ms, digits: 2 },
  { title: 'p99 ms', of: ({ p99Ms }) => p99Ms, digits: 2 },
  { title: 'failed', of: ({ failed }) => failed, digits: 0 },
]

export async function measureFiles({ checkouts, load, rounds, seconds }: PartOptions): Promise<Part> {
  if (!existsSync(NGINX)) throw new Error(`"${NGINX}" is missing: there is nothing to compare with`)
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-bench-files-'))
  const servers = new Map<string, MeasuredServer>()
  const tables: Record<string, Table> = {}
  const figures: Figure[] = []
  try {
    for (const checkout of checkouts)
      servers.set(checkout.name, await startPlugbay(checkout, { plugins: [filesPlugin()], config: CONFIG }))
    servers.set('nginx', await startNginx(folder))
    for (const [name, bytes] of Object.entries(SIZES)) {
      const content = randomBytes(bytes)
      await writeFile(join(folder, String(bytes)), content)
      for (const [server, { url }] of servers)
        if (server !== 'nginx') await put(`${url}${PATH}${bytes}`, content)
      const address = (server: MeasuredServer) =>
        server === servers.get('nginx') ? `${server.url}/${bytes}` : `${server.url}${PATH}${bytes}`
      const samples = await interleave(servers, {
        rounds,
        warmUp: (server) => load(address(server), { connections: CONNECTIONS, seconds: 1 }),
        sample: (server) => load(address(server), { connections: CONNECTIONS, seconds }),
      })
      tables[`a file of ${name}, ${CONNECTIONS} connections`] = tableOf(samples, COLUMNS)
      const speed = {
        of: ({ requestsPerSecond }: LoadFigures) => requestsPerSecond,
        better: 'higher',
      } as const
      figures.push(
        ...ratioOf(samples, `file of ${name}: requests/s against nginx`, {
          ...speed,
          to: 'nginx',
          ...(name === AIM_OF && { aim: AIM }),
        }),
        ...ratioOf(samples, `file of ${name}: requests/s against base`, { ...speed, to: 'base' }),
      )
    }
    return { tables, figures }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

async function put(url: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', body: content })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} to the upload`)
}
