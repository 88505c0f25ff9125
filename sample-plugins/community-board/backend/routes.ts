// The API of the board. Each answer to a change has the notices of the place where it was made, so that the page shows them at once.

import type { Env, User } from 'plugbay/sdk'
import { addNotice, countOf, findNotice, listNotices, removeNotice, setCompanion } from './notices.ts'

const MAX_LENGTH = 280
/** Of one member, at the same time. */
const MAX_NOTICES = 20
const NOTICE = /^\/notices\/(\d{1,15})(\/companion)?$/

export async function answer(request: Request, env: Env, user: User): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const book = numberOf(searchParams.get('book'))
  const here = async (status = 200) => Response.json({ notices: await listNotices(env, book) }, { status })
  if (pathname === '/notices') {
    if (request.method === 'GET') return await here()
    if (request.method !== 'POST') return refuse(405, 'method')
    const text = textOf(await request.json())
    if (text === undefined) return refuse(422, 'text')
    if ((await countOf(env, user.name)) >= MAX_NOTICES) return refuse(409, 'many')
    await post(env, { text, author: user.name, book, createdAt: Date.now() })
    return await here(201)
  }
  const [, id, isCompanion] = NOTICE.exec(pathname) ?? []
  const notice = id === undefined ? undefined : await findNotice(env, Number(id))
  if (notice === undefined) return refuse(404, 'unknown')
  if (isCompanion !== undefined) {
    if (notice.author === null || (request.method !== 'PUT' && request.method !== 'DELETE'))
      return refuse(405, 'method')
    await setCompanion(env, notice.id, user.name, request.method === 'PUT')
    return await here()
  }
  if (request.method !== 'DELETE') return refuse(405, 'method')
  // A librarian may take down what others have written.
  if (notice.author !== user.name && !user.permissions.includes('*')) return refuse(403, 'author')
  await removeNotice(env, notice.id)
  return await here()
}

interface Posted {
  readonly text: string
  readonly author: string | null
  readonly book: number | null
  readonly createdAt: number
}

/** Writes a notice, and tells other plugins of it. */
export async function post(env: Env, notice: Posted): Promise<void> {
  const id = await addNotice(env, { ...notice, keepFor: Number(env.settings.keepFor) })
  if (id === undefined) return
  const { author, book } = notice
  await env.events.emit('community-board.posted', { id, author, book }, { durable: true })
}

/** A reason is a message of the page. */
function refuse(status: number, reason: string): Response {
  return Response.json({ error: reason }, { status })
}

function textOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('text' in body)) return undefined
  const text = typeof body.text === 'string' ? body.text.trim() : ''
  return text === '' || text.length > MAX_LENGTH ? undefined : text
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
