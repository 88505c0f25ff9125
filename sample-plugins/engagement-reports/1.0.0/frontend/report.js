// Fills each of the pages from the path of the backend of the same name.

const { report } = document.querySelector('main').dataset
const token = document.querySelector('meta[name="plugbay-token"]')?.content
// A sandboxed page sends no cookies: its token says who the visitor is.
const headers = token === undefined ? {} : { 'plugbay-token': token }
const { title, rows } = await (await fetch(`../api/${report}${location.search}`, { headers })).json()

document.querySelector('#title').textContent = title ?? ''
if (report === 'timeline')
  document.querySelector('#rows').append(...rows.map(([day, count]) => row(day, count)))
else if (report === 'members')
  document.querySelector('#rows').append(...rows.map(([name, count]) => row(name, count)))
else {
  const all = rows.reduce((sum, [, count]) => sum + count, 0)
  document.querySelector('#text').textContent = `Opened ${all} times on ${rows.length} days.`
}

function row(name, count) {
  const item = document.createElement('li')
  const bar = document.createElement('span')
  bar.className = 'bar'
  bar.style.inlineSize = `${Math.min(count, 20)}em`
  item.append(bar, `${name}: ${count}`)
  return item
}
