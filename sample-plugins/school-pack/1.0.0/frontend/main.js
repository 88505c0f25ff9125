// Shows the books that were opened most.

const { books } = await (await fetch('api/most-read')).json()
document.querySelector('#books').append(
  ...books.map(({ title, opened }) => {
    const item = document.createElement('li')
    item.textContent = `${title} (${opened})`
    return item
  }),
)
