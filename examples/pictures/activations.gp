# Each activation and its derivative.
eval start(1200, 310)
set multiplot layout 1,3
set xrange [-4:4]
set xlabel "z"
set ylabel "g(z), g′(z)"
set grid lc rgb "#dddddd" lt 1
set key top left
low = "-0.2 -1.2 -0.5"
high = "1.2 1.2 4"
do for [k = 1:3] {
    set title word("Sigmoid Tanh ReLU", k)
    set yrange [word(low, k) + 0 : word(high, k) + 0]
    plot file("activations.dat") using 1:(column(2 * k)) with lines ls 1 title "g", \
         "" using 1:(column(2 * k + 1)) with lines ls 2 title "g′"
}
unset multiplot
