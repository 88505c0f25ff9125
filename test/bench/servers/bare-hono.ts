// The same route as a bare Hono app on @hono/node-server, and the same asset by its serveStatic: what the wall costs.

import { rm } from 'node:fs/promises'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { helloPlugin, writeFolder } from '../plugins.ts'

const folder = await writeFolder(helloPlugin())
const app = new Hono()
app.get('/plugins/hello/api/greet/:name', (c) => {
  const { pathname } = new URL(c.req.url)
  return c.json({ hello: decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)) })
})
app.get(
  '/plugins/hello/*',
  serveStatic({
    root: `${folder}/frontend`,
    rewriteRequestPath: (path) => path.replace('/plugins/hello', ''),
  }),
)
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})

process.stdin.on('end', async () => {
  server.close()
  await rm(folder, { recursive: true, force: true })
  process.exit(0)
})
process.stdin.resume()
