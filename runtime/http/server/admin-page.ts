// Serves the built admin page under /admin/. Invariant: only files of the build are served, from memory, and every
// response has the strict content security policy.

import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Context, Hono } from 'hono'
import { codeRoot, isCheckout } from '../../bundles/code-root.ts'
import type { OwnOrigins } from '../routing/plugin-traffic.ts'

const DIST = join(codeRoot(), 'runtime/admin-ui/dist/')

const POLICY: readonly string[] = [
  "default-src 'none'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** As the build has it (vite.config.ts): each answer has a value of its own there. */
const NONCE_PLACE = 'PLUGBAY-NONCE'
const NONCE_BYTES = 18

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

const NOT_BUILT =
  'The admin page is not built yet. In a checkout, "npm start" builds it; the admin API under /api/v1/ works without it.\n'

interface PolicyOptions {
  /** Of frames of plugins, each in a sandbox; null: they are below a path of the server only. */
  readonly origins: OwnOrigins | null
  /** Of the style elements that scripts of the page add: Mantine writes its theme into some. */
  readonly nonce: string
}

function policyFor({ origins, nonce }: PolicyOptions): string {
  return [
    ...POLICY,
    `style-src 'self' 'nonce-${nonce}'`,
    `frame-src 'self'${origins === null ? '' : ` ${origins.scheme}://*.${origins.names}`}`,
  ].join('; ')
}

export interface AdminPageOptions {
  /** Of plugins, for visitors who reach the server in this way; null without them. */
  readonly ownOrigins?: (request: Request) => OwnOrigins | null
  /** Absolute path of the built page; default: the one that belongs to this version. */
  readonly folder?: string
}

interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly gzip: Uint8Array<ArrayBuffer>
  /** As the build has made it; undefined where it has not. */
  readonly brotli: Uint8Array<ArrayBuffer> | undefined
  readonly etag: string
  readonly immutable: boolean
}

interface BuiltPage {
  /** Modification time of index.html: a new build replaces the files in memory. */
  readonly builtAt: number
  /** With the place of the nonce. */
  readonly html: string
  readonly files: ReadonlyMap<string, PageFile>
}

/**
 * The admin web app: `/admin/` and its assets, for anyone (its data comes from the admin API). Mount it at the root of the
 * application; it works under any base path, since neither it nor the page knows its own URL. 503 with a sentence while the
 * page is not built.
 */
export function createAdminPage(options: AdminPageOptions = {}): Hono {
  const pages = new PageCache(options.folder ?? DIST)
  const { ownOrigins = () => null } = options
  /** Returns the nonce of the policy. */
  const secure = (c: Context): string => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64')
    c.header('content-security-policy', policyFor({ origins: ownOrigins(c.req.raw), nonce }))
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-opener-policy', 'same-origin')
    return nonce
  }
  const app = new Hono()
  app.get('/admin', (c) => {
    secure(c)
    // Relative, since the base path is unknown here: "/base/admin" redirects to "/base/admin/".
    c.header('location', 'admin/')
    return c.body(null, 308)
  })
  // "/admin/p/notes/today?x=1" is the address of a page of a plugin, which the page has in its hash.
  app.get('/admin/p/:rest{.*}', (c) => {
    secure(c)
    const { pathname, search } = new URL(c.req.url)
    const rest = pathname.split('/').slice(-c.req.param('rest').split('/').length)
    c.header('location', `${'../'.repeat(rest.length)}#/p/${rest.join('/')}${search}`)
    return c.body(null, 302)
  })
  app.get('/admin/:file{.*}', async (c) => {
    const page = await pages.current()
    const nonce = secure(c)
    if (!page) return c.text(NOT_BUILT, 503, { 'retry-after': '5', 'cache-control': 'no-store' })
    const name = c.req.param('file')
    if (name === '' || name === 'index.html') return answerPage(c, page, nonce)
    const file = page.files.get(name)
    return file ? answer(c, file) : c.text('There is nothing here\n', 404, { 'cache-control': 'no-cache' })
  })
  return app
}

/** How the program is called where this server comes from: the page shows commands that can be typed there. */
const PROGRAM = `<meta name="plugbay-program" content="${isCheckout() ? 'npm run plugbay --' : 'npx plugbay'}">`

/** Never kept: a nonce counts once. */
function answerPage(c: Context, { html }: BuiltPage, nonce: string): Response {
  c.header('cache-control', 'no-store')
  return c.body(html.replaceAll(NONCE_PLACE, nonce), 200, { 'content-type': TYPES.html ?? '' })
}

function answer(c: Context, file: PageFile): Response {
  c.header('etag', file.etag)
  c.header('vary', 'accept-encoding')
  c.header('cache-control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (c.req.header('if-none-match')?.includes(file.etag)) return c.body(null, 304)
  c.header('content-type', file.type)
  const accepted = c.req.header('accept-encoding') ?? ''
  if (file.brotli !== undefined && /\bbr\b/.test(accepted)) {
    c.header('content-encoding', 'br')
    return c.body(file.brotli)
  }
  if (!/\bgzip\b/.test(accepted)) return c.body(file.bytes)
  c.header('content-encoding', 'gzip')
  return c.body(file.gzip)
}

class PageCache {
  readonly #folder: string
  #page: BuiltPage | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  async current(): Promise<BuiltPage | undefined> {
    const builtAt = await modifiedAt(join(this.#folder, 'index.html'))
    if (builtAt === undefined) return undefined
    if (this.#page?.builtAt !== builtAt) {
      const files = await readFiles(this.#folder)
      const html = new TextDecoder()
        .decode(files.get('index.html')?.bytes)
        .replace('</head>', `${PROGRAM}</head>`)
      this.#page = { builtAt, html, files }
    }
    return this.#page
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path).split(sep).join('/')
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
    if (!entry.isFile() || type === undefined) continue
    const bytes = new Uint8Array(await readFile(path))
    files.set(name, {
      type,
      bytes,
      gzip: new Uint8Array(gzipSync(bytes)),
      brotli: await readIfThere(`${path}.br`),
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      // Vite puts a hash of the content into every name below assets/.
      immutable: name.startsWith('assets/'),
    })
  }
  return files
}
