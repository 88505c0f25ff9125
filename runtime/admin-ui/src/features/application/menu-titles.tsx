// The items of plugins in one menu, each with the title that the operator may give it: in every language of the application.

import { Anchor, Badge, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { ListedMenuItem } from '../../../../../sdk/api/menus.ts'
import { menuItemsQuery, putMenuTitle } from '../../api/application.ts'
import { pluginHref } from '../../app/addresses.ts'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { language as pageLanguage, t } from '../../languages/text.ts'
import { chosenTexts, firstText, type Text as Title, textFor, titleOf } from './menu-texts.ts'

export interface MenuTitlesProps {
  readonly menu: string
  /** Of the application; the first is its default. */
  readonly languages: readonly string[]
}

export function MenuTitles({ menu, languages }: MenuTitlesProps) {
  const items = useQuery(menuItemsQuery(menu))
  const [open, setOpen] = useState<string>()
  return (
    <Paper withBorder p="md" component="section" aria-label={t('Menu {menu}', { menu })}>
      <Text fw={600} mb="xs">
        {menu}
      </Text>
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
        {(items.data ?? []).map((item) => {
          const key = `${item.plugin} ${item.item}`
          return (
            <li key={key}>
              <Group gap="xs">
                <Text span fw={500} dir="auto">
                  {firstText(item.chosen ?? item.title)}
                </Text>
                {item.chosen !== null && (
                  <Badge variant="light" tt="none">
                    {t('“{title}” in the plugin', { title: firstText(item.title) })}
                  </Badge>
                )}
                <Text span size="sm" c="dimmed">
                  {item.category === null ? '' : `${firstText(item.category)} · `}
                  <Anchor href={pluginHref(item.plugin)} underline="always">
                    {item.plugin}
                  </Anchor>
                </Text>
                <Only permission="plugins.manage">
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    aria-expanded={open === key}
                    aria-label={t('Title of "{item}" of "{plugin}"', {
                      item: firstText(item.title),
                      plugin: item.plugin,
                    })}
                    onClick={() => setOpen(open === key ? undefined : key)}
                  >
                    {t('Title…')}
                  </Button>
                </Only>
              </Group>
              {open === key && (
                <TitleForm menu={menu} item={item} languages={languages} close={() => setOpen(undefined)} />
              )}
            </li>
          )
        })}
      </Stack>
    </Paper>
  )
}

interface TitleFormProps extends MenuTitlesProps {
  readonly item: ListedMenuItem
  readonly close: () => void
}

function TitleForm({ menu, item, languages, close }: TitleFormProps) {
  const client = useQueryClient()
  const [texts, setTexts] = useState(() => chosenTexts(item.chosen, languages))
  const save = useMutation({
    mutationFn: (title: Title | null) => putMenuTitle(menu, { plugin: item.plugin, item: item.item, title }),
    onSuccess: () => {
      showSuccess(t('The title is saved'))
      close()
    },
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: menuItemsQuery(menu).queryKey }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate(titleOf(texts, languages))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" mt="xs" mb="sm" maw={420}>
        {languages.map((language) => (
          <TextInput
            key={language}
            label={languages.length === 1 ? t('Title') : nameOf(language)}
            lang={language}
            dir="auto"
            maxLength={100}
            placeholder={textFor(item.title, language)}
            value={texts[language] ?? ''}
            onChange={({ currentTarget: { value } }) => setTexts({ ...texts, [language]: value })}
          />
        ))}
        <Group gap="xs">
          <Button type="submit" size="xs" loading={save.isPending}>
            {t('Save')}
          </Button>
          {item.chosen !== null && (
            <Button size="xs" variant="default" onClick={() => save.mutate(null)}>
              {t('Back to what the plugin says')}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}

function nameOf(language: string): string {
  const names = new Intl.DisplayNames([pageLanguage], { type: 'language' })
  return t('Title in {language}', { language: names.of(language) ?? language })
}
