// nginx with its defaults, and sendfile: the kernel passes files on.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type MeasuredServer, spawnBound, stop } from '../processes/server-process.ts'

export const NGINX = '/usr/sbin/nginx'
const TRIES = 100

/** Serves the files of the folder. */
export async function startNginx(folder: string): Promise<MeasuredServer> {
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')
  // As root it would lower its rights, and could not read a folder that is the benchmark's alone.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(
    join(folder, 'nginx.conf'),
    `${user} daemon off; master_process off; pid ${folder}/pid; events {}
     http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temporary}
       server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  )
  const child = spawnBound(NGINX, ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  for (let n = 0; n < TRIES; n++) {
    const answer = await fetch(`${url}/nginx.conf`).catch(() => undefined)
    if (answer !== undefined) return { url, pid: child.pid ?? 0, stop: () => stop(child, 'SIGTERM') }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await stop(child, 'SIGTERM')
  throw new Error('nginx does not listen')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('A server without a port')
  return address.port
}
