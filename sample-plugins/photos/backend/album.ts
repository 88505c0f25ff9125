// The photos as files: each one as it was sent, and a small picture of it that the page has made.

import type { Env } from 'plugbay/sdk'

type Files = Env['files']

export interface Place {
  /** Encoded, as in the address. */
  readonly owner: string
  readonly id: string
}

const PHOTO = 'photo/'
const SMALL = 'small/'

export function createAlbum(files: Files) {
  const pathOf = ({ owner, id }: Place) => `${owner}/${id}`
  const keyOf = (place: Place) => `${PHOTO}${pathOf(place)}`

  return {
    keyOf,

    /** The photo itself where the page could not send a small one. */
    async smallKeyOf(place: Place) {
      const key = `${SMALL}${pathOf(place)}`
      return (await files.head(key)) === null ? keyOf(place) : key
    },

    /** All photos, newest first, and how full the album is. */
    async list() {
      const photos = []
      let cursor: string | undefined
      do {
        const page = await files.list({
          prefix: PHOTO,
          include: ['customMetadata'],
          ...(cursor && { cursor }),
        })
        for (const { key, size, uploaded, customMetadata = {} } of page.objects) {
          const [owner = '', id = ''] = key.slice(PHOTO.length).split('/')
          const { name = id, width, height } = customMetadata
          photos.push({
            ...{ owner: decodeURIComponent(owner), id, name, size },
            ...{ width: Number(width), height: Number(height), at: uploaded.getTime() },
          })
        }
        cursor = page.cursor
      } while (cursor !== undefined)
      photos.sort((a, b) => b.at - a.at)
      return { photos, storage: await files.estimate() }
    },

    /** A photo, or the next part of one. */
    async receive(request: Request, place: Place, facts: URLSearchParams) {
      const customMetadata = {
        name: (facts.get('name') ?? '').slice(0, 200),
        width: String(Number(facts.get('width'))),
        height: String(Number(facts.get('height'))),
      }
      return (await files.receive(request, keyOf(place), { ...typeOf(request), customMetadata })).response
    },

    async receiveSmall(request: Request, place: Place) {
      return (await files.receive(request, `${SMALL}${pathOf(place)}`, typeOf(request))).response
    },

    async remove(place: Place) {
      await files.delete([keyOf(place), `${SMALL}${pathOf(place)}`])
    },
  }
}

/** Nothing else of what a visitor says of a file goes to others. */
function typeOf({ headers }: Request) {
  return { httpMetadata: { contentType: headers.get('content-type') ?? '' } }
}
