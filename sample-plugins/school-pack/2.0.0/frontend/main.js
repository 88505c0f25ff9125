// Shows what the backend says, in the language of the page: the address of the API is relative, and so below that language.
// Texts are put in as text: titles of books come from elsewhere.

const find = (id) => document.getElementById(id)
const made = (name, text) => Object.assign(document.createElement(name), { textContent: text })

const page = await (await fetch('api/page')).json()
document.title = page.title
for (const [id, text] of Object.entries({
  title: page.title,
  goal: page.goal,
  empty: page.empty,
  sync: page.sync,
  'links-title': page.linksTitle,
}))
  find(id).textContent = text ?? ''
find('empty').hidden = page.books.length > 0
find('sync').hidden = page.sync === null

for (const { title, count } of page.books) {
  const item = document.createElement('li')
  item.append(Object.assign(made('strong', title), { dir: 'auto' }))
  if (count !== null) item.append(made('small', count))
  find('books').append(item)
}
for (const { text, url } of page.links) {
  const item = document.createElement('li')
  item.append(made('span', text), Object.assign(made('code', url), { dir: 'ltr' }))
  find('links').append(item)
}
