# The range test, and what too small, too large and good rates lead to.
eval start(840, 330)
set multiplot layout 1,2
set grid lc rgb "#dddddd" lt 1
set format y "%g"
set title "Idea 1: the range test"
set logscale xy
set format x "10^{%T}"
set xlabel "learning rate"
set ylabel "loss of a mini-batch"
set key off
plot file("sweep.dat") with lines ls 1
set title "Training"
unset logscale y
set yrange [0:4]
unset logscale x
set format x "%g"
set xrange [1:15]
set xlabel "epoch"
set ylabel "training loss"
set key top right
plot for [k = 0:3] file("losses.dat") index k using 1:2 with lines ls (k + 1) title columnheader(1)
unset multiplot
