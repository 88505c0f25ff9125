// The page: a grid of small pictures, what is on its way, and how full the album is. Texts are set as text, never as HTML.
import 'plugbay/client/style.css'
import './style.css'
import { deletePhoto, listPhotos, pictureOf, smallPath } from './api.js'
import { drawSmall, placeOf, sendPhoto } from './send.js'
import { createViewer } from './viewer.js'
import { bytes } from './words.js'

const find = (id) => document.querySelector(`#${id}`)
const [chosen, status, sending, grid, empty] = ['files', 'status', 'sending', 'photos', 'empty'].map(find)

let album = { me: '', photos: [], storage: { usage: 0, quota: 0 } }
const viewer = createViewer({
  say,
  async remove(photo) {
    await deletePhoto(photo)
    await refresh()
  },
})

function say(error) {
  status.textContent = error.message
  status.hidden = false
}

/** Pictures are fetched when they come into sight. */
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue
    sight.unobserve(target)
    pictureOf(target.dataset.path).then((address) => {
      target.addEventListener('load', () => URL.revokeObjectURL(address), { once: true })
      target.src = address
    }, say)
  }
})

/** Tiles stay as they are while others come and go. */
const tiles = new Map()

function tileOf(photo) {
  const key = smallPath(photo)
  const known = tiles.get(key)
  if (known !== undefined) return known
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-label', photo.name)
  button.addEventListener('click', () => {
    const now = album.photos.find((other) => smallPath(other) === key)
    if (now !== undefined) viewer.open(now, album)
  })
  const image = document.createElement('img')
  image.alt = ''
  image.dataset.path = key
  sight.observe(image)
  const tile = document.createElement('li')
  button.append(image)
  tile.append(button)
  tiles.set(key, tile)
  return tile
}

async function refresh() {
  album = await listPhotos()
  grid.replaceChildren(...album.photos.map(tileOf))
  const { usage, quota } = album.storage
  find('storage').hidden = false
  Object.assign(find('full'), { max: quota, high: quota * 0.9, value: usage })
  find('used').textContent = `${bytes(usage)} of ${bytes(quota)} used`
  showEmpty()
}

function showEmpty() {
  empty.hidden = album.photos.length > 0 || sending.children.length > 0
}

/** A line for a photo on its way: its small picture, how far it is, and a button that ends it. */
function lineOf(file, canvas, ending) {
  const progress = Object.assign(document.createElement('progress'), { max: file.size, value: 0 })
  progress.setAttribute('aria-label', file.name)
  const name = Object.assign(document.createElement('span'), { textContent: file.name })
  const far = Object.assign(document.createElement('small'), { textContent: bytes(file.size) })
  const stop = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Stop' })
  stop.setAttribute('aria-label', `Stop ${file.name}`)
  stop.addEventListener('click', () => ending.abort())
  const texts = document.createElement('div')
  texts.append(name, far, progress)
  const line = document.createElement('li')
  line.append(canvas, texts, stop)
  return {
    line,
    show({ sent, total }) {
      progress.value = sent
      far.textContent = `${bytes(sent)} of ${bytes(total)}`
    },
  }
}

async function add(file) {
  const drawn = await drawSmall(file).catch(() => {
    throw new Error(`"${file.name}" is no picture that this browser can read.`)
  })
  const ending = new AbortController()
  const { line, show } = lineOf(file, drawn.canvas, ending)
  sending.append(line)
  showEmpty()
  try {
    await sendPhoto(file, placeOf(file, album.me), { drawn, onProgress: show, signal: ending.signal })
    await refresh()
  } catch (error) {
    if (!ending.signal.aborted) throw new Error(`"${file.name}" was not kept: ${error.message}`)
  } finally {
    line.remove()
    showEmpty()
  }
}

/** One after the other, so that the first one is there soon. */
let last = Promise.resolve()
function addAll(files) {
  status.hidden = true
  for (const file of files) last = last.then(() => add(file)).catch(say)
}

chosen.addEventListener('change', () => {
  addAll([...chosen.files])
  chosen.value = ''
})
const root = document.documentElement
for (const name of ['dragenter', 'dragover'])
  root.addEventListener(name, (event) => {
    event.preventDefault()
    root.classList.add('dropping')
  })
for (const name of ['dragleave', 'drop'])
  root.addEventListener(name, (event) => {
    event.preventDefault()
    if (name === 'drop' || event.relatedTarget === null) root.classList.remove('dropping')
  })
root.addEventListener('drop', (event) => addAll([...event.dataTransfer.files]))
root.addEventListener('paste', (event) => addAll([...event.clipboardData.files]))

refresh().catch(say)
