// Calls of the plugin's own backend.
import { api, call } from 'plugbay/client'

const pathOf = ({ owner, id }) => `/photos/${encodeURIComponent(owner)}/${id}`

/** `{ me, photos, storage: { usage, quota } }` */
export const listPhotos = () => call('/photos')

export const deletePhoto = (photo) => call(pathOf(photo), { method: 'DELETE' })

export const photoPath = pathOf

export const smallPath = (photo) => `${pathOf(photo)}/small`

/** An address for an image. The album is for signed-in users, and what an element loads by itself bears no token (docs/http.md). */
export async function pictureOf(path) {
  const response = await api(path)
  if (!response.ok) throw new Error(await reasonOf(response))
  return URL.createObjectURL(await response.blob())
}

/** What the backend or the server says in words. */
export async function reasonOf(response) {
  const { error, title } = await response.json().catch(() => ({}))
  return error ?? title ?? `status ${response.status}`
}
