// What was read this week, in a sandboxed frame on the first page of the library: the frame is as tall as this is.
// Texts are put in as text: titles of books come from elsewhere.

const made = (name, text, className = '') =>
  Object.assign(document.createElement(name), { textContent: text, className })

export default function mount(element, { data, t, url }) {
  const { goal, opened, books } = data
  const most = Math.max(1, ...books.map(({ count }) => count))
  const list = document.createElement('ol')
  for (const { title, count } of books) {
    const item = document.createElement('li')
    const bar = made('span', '', 'bar')
    bar.style.inlineSize = `${(100 * count) / most}%`
    // A title has the direction of its own language, and stands where the lines of the page begin.
    const name = made('strong', '')
    name.append(made('bdi', title))
    item.append(name, made('small', t('opened', { count })), bar)
    list.append(item)
  }
  const summary = made('div', '', 'summary')
  summary.append(
    made('h2', t('week.title')),
    made('p', opened === 0 ? t('week.none') : t('week.opened', { count: opened })),
    made('p', t('goal', { goal }), 'goal'),
    Object.assign(made('a', t('week.more')), { href: url(''), target: '_blank', rel: 'noopener' }),
  )
  element.className = 'week'
  element.append(summary, ...(books.length === 0 ? [] : [list]))
}
