// The page: shows, finds, adds and deletes notes. What was written is set as text, never as HTML.
import { addNote, deleteNote, listNotes } from './api.js'

const find = (id) => document.querySelector(`#${id}`)
const [form, status, search, list, empty] = ['form', 'status', 'search', 'notes', 'empty'].map(find)

let tag

function button(text, action) {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.addEventListener('click', () => tell(action))
  return element
}

function showNote(note) {
  const item = document.createElement('li')
  const text = document.createElement('p')
  text.textContent = note.text
  const time = document.createElement('time')
  time.dateTime = note.createdAt
  time.textContent = new Date(note.createdAt).toLocaleString()
  const tags = note.tags.map((name) =>
    button(`#${name}`, async () => {
      tag = tag === name ? undefined : name
      await show()
    }),
  )
  const remove = button('Delete', async () => {
    await deleteNote(note.id)
    await show()
    return 'Deleted'
  })
  item.append(text, time, ' ', ...tags, remove)
  return item
}

async function show() {
  const filter = { ...(search.value.trim() && { search: search.value.trim() }), ...(tag && { tag }) }
  const { notes } = await listNotes(filter)
  list.replaceChildren(...notes.map(showNote))
  empty.hidden = notes.length > 0
}

/** Runs an action and says what came of it. */
async function tell(action) {
  status.textContent = '…'
  try {
    status.textContent = (await action()) ?? ''
  } catch (error) {
    status.textContent = `That did not work: ${error.message}`
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const { text, tags } = Object.fromEntries(new FormData(form))
  tell(async () => {
    await addNote({ text, tags: tags.split(/[\s,#]+/).filter((name) => name !== '') })
    form.reset()
    await show()
    return 'Kept'
  })
})

search.addEventListener('input', () => tell(show))

tell(show)
