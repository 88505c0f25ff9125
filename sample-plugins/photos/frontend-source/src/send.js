// Sends a photo: the small picture of it is made here, so that the server needs to understand no pictures.
import { upload } from 'plugbay/client'
import { photoPath, reasonOf, smallPath } from './api.js'

const SMALL_SIDE = 480

/**
 * Draws the small picture, as the camera was held. Rejects for what is no picture.
 * @returns a canvas, and the size of the photo
 */
export async function drawSmall(file) {
  const photo = await createImageBitmap(file)
  const { width, height } = photo
  const scale = Math.min(1, SMALL_SIDE / Math.min(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(photo, 0, 0, canvas.width, canvas.height)
  photo.close()
  return { canvas, width, height }
}

/** The same file has the same place: sent again, it goes on, and is there once. */
export function placeOf(file, owner) {
  let hash = 0
  for (const character of file.name) hash = (Math.imul(hash, 31) + character.codePointAt(0)) | 0
  const id = [file.lastModified, file.size, hash >>> 0].map((number) => number.toString(36)).join('-')
  return { owner, id }
}

/** Rejects with what went wrong, in words. */
export async function sendPhoto(file, place, { drawn, onProgress, signal }) {
  const { canvas, width, height } = drawn
  const facts = new URLSearchParams({ name: file.name, width, height })
  const answer = await upload(`${photoPath(place)}?${facts}`, file, { resumable: true, onProgress, signal })
  if (!answer.ok) throw new Error(await reasonOf(answer))
  const small = await new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', 0.82))
  // Without it the album shows the photo itself.
  if (small !== null) await upload(smallPath(place), small)
}
