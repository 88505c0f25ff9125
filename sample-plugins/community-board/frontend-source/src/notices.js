// A list of notices with a form below it, which both bundles show. Texts are put in as text: members write them.

import './notices.css'

const made = (name, className, text = '') =>
  Object.assign(document.createElement(name), { className, textContent: text })

/** Each change is sent to the backend, whose answer is shown. @param book number of a book, or null for all */
export function showNotices(element, { data, api, t, language }, book) {
  const { me } = data
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
  const list = made('ul', 'notices')
  const status = made('p', 'status')
  status.setAttribute('role', 'status')

  async function change(method, path, body) {
    status.textContent = ''
    const response = await api(`${path}${book === null ? '' : `?book=${book}`}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    const answer = await response.json()
    if (response.ok) render(answer.notices)
    else status.textContent = t(`refused.${answer.error ?? 'other'}`)
    return response.ok
  }

  function button(text, method, path) {
    const found = made('button', 'quiet', text)
    found.type = 'button'
    found.addEventListener('click', () => change(method, path))
    return found
  }

  function render(notices) {
    list.replaceChildren(...notices.map(card))
    if (notices.length === 0) list.append(made('li', 'none', t('none')))
  }

  function card({ id, text, author, createdAt, companions }) {
    const item = made('li', author === null ? 'notice library' : 'notice')
    const body = made('p', 'text', author === null ? t('returned', { title: text }) : text)
    body.dir = 'auto'
    const facts = made('p', 'facts')
    facts.append(
      Object.assign(made('bdi', 'author', author ?? t('library')), { dir: 'auto' }),
      ` · ${when.format(createdAt)}`,
    )
    item.append(body, facts)
    if (author === null) return item
    const row = made('div', 'row')
    row.append(made('span', 'companions', t('companions', { count: companions.length })))
    if (author === me) row.append(button(t('remove'), 'DELETE', `/notices/${id}`))
    else
      row.append(
        companions.includes(me)
          ? button(t('leave'), 'DELETE', `/notices/${id}/companion`)
          : button(t('join'), 'PUT', `/notices/${id}/companion`),
      )
    item.append(row)
    return item
  }

  const form = made('form', 'write')
  const field = made('input', 'field')
  Object.assign(field, { required: true, maxLength: 280, placeholder: t('write'), ariaLabel: t('write') })
  form.append(field, made('button', 'post', t('post')))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (await change('POST', '/notices', { text: field.value })) form.reset()
  })

  render(data.notices)
  element.append(list, form, status)
}
