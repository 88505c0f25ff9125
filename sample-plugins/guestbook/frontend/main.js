// The page: shows entries, adds and deletes them. What visitors wrote is set as text, never as HTML.
import { addEntry, deleteEntry, listEntries, readPage } from './api.js'

const find = (id) => document.querySelector(`#${id}`)
const [title, form, status, list, empty, more] = ['title', 'form', 'status', 'entries', 'empty', 'more'].map(
  find,
)

/** Keys of the entries written on this page; they let the writer delete them until the page is left. */
const ownKeys = new Map()
let cursor = null

function showEntry(entry) {
  const item = document.createElement('li')
  const name = document.createElement('strong')
  name.textContent = entry.name
  const time = document.createElement('time')
  time.dateTime = entry.time
  time.textContent = new Date(entry.time).toLocaleString()
  const text = document.createElement('p')
  text.textContent = entry.text
  item.append(name, ' ', time, text)
  if (ownKeys.has(entry.id)) item.append(deleteButton(entry, item))
  return item
}

function deleteButton(entry, item) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Delete'
  button.addEventListener('click', () =>
    tell(async () => {
      await deleteEntry(entry.id, ownKeys.get(entry.id))
      item.remove()
      showEmptiness()
      return 'Deleted'
    }),
  )
  return button
}

function showEmptiness() {
  empty.hidden = list.childElementCount > 0
}

async function loadMore() {
  const page = await listEntries(cursor)
  list.append(...page.entries.map(showEntry))
  cursor = page.cursor
  more.hidden = cursor === null
  showEmptiness()
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
  const { name, text } = Object.fromEntries(new FormData(form))
  tell(async () => {
    const { key, ...entry } = await addEntry({ name, text })
    ownKeys.set(entry.id, key)
    list.prepend(showEntry(entry))
    showEmptiness()
    form.elements.text.value = ''
    return 'Thank you'
  })
})

more.addEventListener('click', () => tell(loadMore))

tell(async () => {
  const page = await readPage()
  title.textContent = page.title
  document.title = page.title
  await loadMore()
})
