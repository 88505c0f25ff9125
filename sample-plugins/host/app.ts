// The application as one Hono app. The runtime has a path of its own; all others are the library's.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Context, Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { createApp } from 'plugbay'
import { PLUGINS_PATH } from './plugin-points.ts'
import { type LibraryParts, libraryRoutes, preferredLanguage } from './routes.ts'

const PUBLIC: Readonly<Record<string, string>> = {
  'icon.svg': 'image/svg+xml',
  'style.css': 'text/css',
  'actions.css': 'text/css',
  'api.js': 'text/javascript',
  'actions.js': 'text/javascript',
  'tasks.js': 'text/javascript',
}

export function createLibraryApp(parts: LibraryParts): Hono {
  const app = new Hono()
  const headers = secureHeaders({
    // Forms say where they come from, which `csrf()` wants to know.
    referrerPolicy: 'same-origin',
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      // What plugins add to the pages: the script of the runtime, frames, and modules that the librarian trusts.
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      frameSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'"],
      mediaSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  })
  const sameOrigin = csrf()
  // The runtime sets the policies of its pages, which keep plugins away from the library, and checks origins by itself.
  const isOurs = (c: Context) => !c.req.path.startsWith(`${PLUGINS_PATH}/`)
  app.use((c, next) => (isOurs(c) ? headers(c, next) : next()))
  app.use((c, next) => (isOurs(c) ? sameOrigin(c, next) : next()))
  app.route('/', createApp(parts.runtime, { basePath: PLUGINS_PATH }))

  for (const [file, type] of Object.entries(PUBLIC))
    app.get(`/${file}`, async (c) => {
      const text = await readFile(join(import.meta.dirname, 'public', file), 'utf8')
      return c.body(text, 200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' })
    })
  app.get('/', (c) => c.redirect(`/${preferredLanguage(c)}/`))
  app.route('/', libraryRoutes(parts))
  return app
}
