// A line with a bar as long as its count.

const LONGEST = 20

export function row(name, count) {
  const item = document.createElement('li')
  const bar = document.createElement('span')
  bar.className = 'bar'
  bar.style.inlineSize = `${Math.min(count, LONGEST)}em`
  item.append(bar, `${name}: ${count}`)
  return item
}
