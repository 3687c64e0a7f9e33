/** Whole, or two digits of what is little: one account in twenty seconds is 0.05 a second. */
export const rounded = (value: number) => (value < 10 ? Number(value.toPrecision(2)) : Math.round(value))
