// One photo, large: keys and buttons lead to its neighbours.
import { confirm, download } from 'plugbay/client'
import { photoPath, pictureOf } from './api.js'
import { bytes, day } from './words.js'

const find = (name) => document.querySelector(`#viewer${name}`)

/** @param remove deletes a photo @param say shows what went wrong */
export function createViewer({ remove, say }) {
  const dialog = find('')
  const image = find('-photo')
  let photos = []
  let at = 0
  let me = ''
  const isRightToLeft = () => getComputedStyle(dialog).direction === 'rtl'

  async function show(index) {
    at = (index + photos.length) % photos.length
    const photo = photos[at]
    find('-name').textContent = photo.name
    find('-facts').textContent = [
      photo.width > 0 ? `${photo.width} × ${photo.height}` : '',
      bytes(photo.size),
      day(photo.at),
      photo.owner,
    ]
      .filter((fact) => fact !== '')
      .join(' · ')
    find('-delete').hidden = photo.owner !== me
    for (const name of ['-previous', '-next']) find(name).hidden = photos.length < 2
    image.alt = photo.name
    image.width = photo.width
    image.height = photo.height
    const address = await pictureOf(photoPath(photo))
    // Another one was asked for meanwhile.
    if (photos[at] !== photo) return URL.revokeObjectURL(address)
    URL.revokeObjectURL(image.src)
    image.src = address
  }

  const on = (name, action) => find(name).addEventListener('click', () => action().catch(say))
  on('-previous', () => show(at - 1))
  on('-next', () => show(at + 1))
  on('-close', async () => dialog.close())
  on('-save', () => download(photoPath(photos[at]), photos[at].name))
  on('-delete', async () => {
    const photo = photos[at]
    dialog.close()
    if (await confirm(`Delete "${photo.name}"?`, { label: 'Delete', danger: true })) await remove(photo)
  })
  dialog.addEventListener('keydown', ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key]
    if (step !== undefined) show(at + (isRightToLeft() ? -step : step)).catch(say)
  })
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close())
  dialog.addEventListener('close', () => {
    URL.revokeObjectURL(image.src)
    image.removeAttribute('src')
  })

  return {
    open(photo, album) {
      photos = album.photos
      me = album.me
      dialog.showModal()
      show(photos.indexOf(photo)).catch((error) => {
        dialog.close()
        say(error)
      })
    },
  }
}
