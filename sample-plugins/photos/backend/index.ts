// The API of the album. A path names the owner of a photo, and only its owner may send or delete it.

import type { Context, Env } from 'plugbay/sdk'
import { createAlbum, type Place } from './album.ts'

type AlbumEnv = Pick<Env, 'files'>

/** What browsers show, and what cannot hold a script. */
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']
/** /photos/ada/lz3k1-4f, or that and "/small". */
const PATH = /^\/photos\/([^/]{1,300})\/([\w-]{1,64})(\/small)?$/
/** A place never gets another content, but may lose its own. */
const KEPT = { 'cache-control': 'private, max-age=86400' }

export default {
  async fetch(request: Request, { files }: AlbumEnv, { user }: Pick<Context, 'user'>): Promise<Response> {
    if (user === null) return refused(401, 'Sign in to see the album')
    const album = createAlbum(files)
    const url = new URL(request.url)
    const { method } = request
    if (url.pathname === '/photos' && method === 'GET')
      return Response.json({ me: user.name, ...(await album.list()) })
    const [, owner, id, small] = PATH.exec(url.pathname) ?? []
    if (owner === undefined || id === undefined) return refused(404, 'There is nothing here')
    const place: Place = { owner, id }
    if (method === 'GET' || method === 'HEAD') {
      const key = small === undefined ? album.keyOf(place) : await album.smallKeyOf(place)
      return await files.respond(request, key, { headers: KEPT })
    }
    if (owner !== encodeURIComponent(user.name)) return refused(403, 'Only its owner may change a photo')
    if (method === 'DELETE') {
      await album.remove(place)
      return new Response(null, { status: 204 })
    }
    // A part of a photo has no type of its own: what counts is the one with which it began.
    if (method !== 'PATCH' && !TYPES.includes(request.headers.get('content-type') ?? ''))
      return refused(415, 'Only JPEG, PNG, WebP, GIF and AVIF pictures can be kept')
    if (small !== undefined) return await album.receiveSmall(request, place)
    return await album.receive(request, place, url.searchParams)
  },
}

function refused(status: number, error: string): Response {
  return Response.json({ error }, { status })
}
