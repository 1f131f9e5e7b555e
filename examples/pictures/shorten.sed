# Takes from gnuplot's SVG what says nothing: empty groups, fonts that the group has said.
s/<tspan font-family="Helvetica,Arial,sans-serif" >/<tspan>/g
/^<g fill/{
    N
    /\n<\/g>$/d
}
