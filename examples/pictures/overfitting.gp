# Three fits of the same points; losses of few digits without help, and with dropout.
eval start(1180, 340)
set multiplot layout 1,3
set grid lc rgb "#dddddd" lt 1
set title "One data set, three networks"
set xlabel "x"
set ylabel "y"
set xrange [-3:3]
set yrange [-2.2:2.2]
set key top left
plot file("truth.dat") with lines ls 8 title "truth: sin x", \
     file("fits.dat") index 0 with lines ls 4 title "underfit", \
     "" index 1 with lines ls 3 title "ideal", \
     "" index 2 with lines ls 2 title "overfit", \
     file("points.dat") with points pt 7 ps 0.5 lc rgb dark title "points"
set xlabel "epoch"
set ylabel "loss"
set xrange [1:150]
set yrange [0:0.8]
set key top right
do for [name in "plain dropout"] {
    set title name eq "plain" ? "300 digits, no help" : "The same with dropout 0.5"
    if (name eq "plain") {
        stats file("plain.dat") using 1:3 nooutput
        stop = STATS_pos_min_y
        set arrow 1 from stop,0 to stop,0.52 nohead dt 2 lc rgb dark
        set label 1 "stop here" at stop + 2,0.52 left textcolor rgb dark
    } else {
        unset arrow 1
        unset label 1
    }
    plot file(name . ".dat") using 1:2 with lines ls 1 title "training", \
         "" using 1:3 with lines ls 2 title "validation"
}
unset multiplot
