import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Only a name for Mantine to make `--mantine-color-vigie-*` from; the colours themselves are tokens.css's. */
const vigie = Array.from({ length: 10 }, () => 'var(--accent)') as unknown as MantineColorsTuple

/** Nothing here that needs a style tag at run time; motion under 150 ms (design.md), the page is locked by our own class, not by an injected style. */
export const theme = createTheme({
  primaryColor: 'vigie',
  colors: { vigie },
  cursorType: 'pointer',
  respectReducedMotion: true,
  defaultRadius: 'sm',
  components: {
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', position: 'bottom-end', offset: 4 } },
    Popover: { defaultProps: { transitionProps: { duration: 80 }, offset: 4 } },
    Tooltip: { defaultProps: { transitionProps: { duration: 80 }, openDelay: 350, multiline: true, events: { hover: true, focus: true, touch: true }, offset: 6 } },
    Select: { defaultProps: { size: 'sm', checkIconPosition: 'right', comboboxProps: { transitionProps: { duration: 80 }, offset: 4 }, maxDropdownHeight: 280 } },
    MultiSelect: { defaultProps: { size: 'sm', comboboxProps: { transitionProps: { duration: 80 }, offset: 4 } } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Radio: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'sm' } },
    SegmentedControl: { defaultProps: { size: 'sm', transitionDuration: 100 } },
  },
})
